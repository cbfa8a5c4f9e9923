// What this browser keeps in IndexedDB: tables of records by id. Where the browser keeps nothing (private windows, some frames),
// reading gives null, writing gives false, and all goes on without it.
studio.memory = (() => {
  const TABLES = ["visits", "trails", "favourites"];
  let opening = null;

  const open = () => (opening ||= new Promise(resolve => {
    let request;
    try { request = indexedDB.open("latent-studio", 1); } catch { return resolve(null); }
    request.onupgradeneeded = () => { for (const table of TABLES) request.result.createObjectStore(table, { keyPath: "id" }); };
    request.onerror = () => resolve(null);
    request.onsuccess = () => {
      const base = request.result;
      base.onversionchange = () => base.close(); // a newer page may change the tables
      resolve(base);
    };
  }));

  // work(table, …) asks in one transaction; the last thing it asked for is the answer once all of it is on disk.
  const transact = async (tables, mode, work) => {
    const base = await open();
    return new Promise(resolve => {
      try {
        const transaction = base.transaction(tables, mode);
        const request = work(...tables.map(table => transaction.objectStore(table)));
        transaction.oncomplete = () => resolve(request?.result ?? true);
        transaction.onabort = transaction.onerror = () => resolve(null);
      } catch { resolve(null); }
    });
  };

  const all = table => transact([table], "readonly", store => store.getAll());
  const put = async (table, ...records) => Boolean(await transact([table], "readwrite", store => { for (const record of records) store.put(record); }));
  const remove = async (table, ...ids) => Boolean(await transact([table], "readwrite", store => { for (const id of ids) store.delete(id); }));
  const available = async () => Boolean(await open());

  const forget = async () => Boolean(await transact(TABLES, "readwrite", (...stores) => { for (const store of stores) store.clear(); }));

  // Ids grow with time and differ between tabs: microseconds, the last three digits drawn.
  let last = 0;
  const newId = () => (last = Math.max(last + 1, Date.now() * 1000 + Math.floor(Math.random() * 1000)));

  return { all, put, remove, forget, available, transact, newId };
})();
