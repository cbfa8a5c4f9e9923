// NumPy's RandomState(seed).randn in JavaScript: the Mersenne Twister MT19937 (Matsumoto & Nishimura 1998) and its legacy gauss (Marsaglia's polar method).
const random = (() => {
  const N = 624, M = 397;
  const twister = seed => {
    const key = new Uint32Array(N);
    key[0] = seed >>> 0;
    for (let i = 1; i < N; i++) key[i] = Math.imul(1812433253, key[i - 1] ^ (key[i - 1] >>> 30)) + i;
    let at = N;
    const twist = () => {
      for (let i = 0; i < N; i++) {
        const y = (key[i] & 0x80000000) | (key[(i + 1) % N] & 0x7fffffff);
        key[i] = key[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    };
    return () => {
      if (at === N) twist();
      let y = key[at++];
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      return (y ^ (y >>> 18)) >>> 0;
    };
  };

  // Float32Array of `count` standard normal numbers, as numpy.random.RandomState(seed).randn(count).astype(float32).
  const randn = (seed, count) => {
    const next = twister(seed), uniform = () => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
    const numbers = new Float32Array(count);
    for (let i = 0; i < count; i += 2) {
      let x, y, r;
      do { x = 2 * uniform() - 1; y = 2 * uniform() - 1; r = x * x + y * y; } while (r >= 1 || r === 0);
      const f = Math.sqrt(-2 * Math.log(r) / r);
      numbers[i] = f * y;
      if (i + 1 < count) numbers[i + 1] = f * x;
    }
    return numbers;
  };
  const seed = () => crypto.getRandomValues(new Uint32Array(1))[0] % 1e6;
  return { randn, seed };
})();
