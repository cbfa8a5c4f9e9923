// The page as an installed app: its worker (worker.js) says so when the app is not running. A page inside of another one needs none.
if (navigator.serviceWorker && window === top) {
  addEventListener("load", () => navigator.serviceWorker.register("./worker.js").catch(() => { /* this browser wants none */ }));
}
