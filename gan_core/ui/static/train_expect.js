// What a training would reach here, said after Auto's sentence: a few seconds of measuring, then pictures seen and what that looks like.
//   studio.trainExpect(place, api, filled) -> { ask() }   `place` takes the words, `filled()` is the form
studio.trainExpect = (place, api, filled) => {
  const { t, number } = studio;
  let job = null;
  const round = value => number(Number(value.toPrecision(2)));
  const duration = seconds => {
    const [unit, amount] = seconds < 90 ? ["seconds", seconds] : seconds < 5400 ? ["minutes", seconds / 60] : ["hours", seconds / 3600];
    return t(`expect.${unit}`, { n: number(Number(Math.max(1, amount).toPrecision(amount < 10 && unit === "hours" ? 2 : 1 + (amount >= 10)))) });
  };
  const sentence = ({ images, stage, seconds }) => t(`expect.${stage || "open"}`, {
    count: round(images), ...Object.fromEntries(Object.entries(seconds).map(([mark, value]) => [mark, duration(value)])),
  });
  const stop = () => { if (job) api.stop({ name: job }).catch(() => {}); job = null; };
  const ask = studio.later(700, async () => {
    stop();
    const mine = job = studio.jobName("speed");
    const waiting = setTimeout(() => { if (job === mine) place.textContent = t("expect.measuring"); }, 250);
    try {
      const found = await api.expect({ form: filled(), name: mine });
      if (job === mine) place.textContent = found.busy ? "" : sentence(found);
    } catch { if (job === mine) place.textContent = ""; } // the form's own check says what is wrong with it
    finally { clearTimeout(waiting); if (job === mine) job = null; }
  });
  return { ask, stop };
};
