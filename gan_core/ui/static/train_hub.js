// A data set on the Hub instead of own pictures: named, brought here with progress and a Stop, then looked at like all others.
//   studio.trainHub(zone, api, { choose, complain, forgive })
studio.trainHub = (zone, api, { choose, complain, forgive }) => {
  const { t, number } = studio;
  const part = name => zone.querySelector(`[data-part="${name}"]`);
  const doing = name => zone.querySelector(`[data-do="${name}"]`);
  let job = null;

  const busy = yes => {
    zone.classList.toggle("sending", yes);
    part("sending").hidden = doing("hub-stop").hidden = !yes;
    part("hub-name").readOnly = yes;
    if (!yes) part("sending").firstElementChild.style.width = 0;
  };
  const told = now => {
    const words = now?.total > 1 ? t("pictures.fetching", { done: number(now.done), total: number(now.total) }) : t("pictures.hub.asking");
    part("own-words").textContent = words;
    part("sending").firstElementChild.style.width = `${now?.total > 1 ? (100 * now.done) / now.total : 0}%`;
  };
  const bring = async () => {
    const spec = part("hub-name").value.trim(), before = part("own-words").textContent;
    forgive();
    if (!spec) return part("hub-name").focus();
    const mine = job = studio.jobName("hub");
    busy(true);
    told(null);
    studio.follow(api, mine, () => job === mine, told);
    try {
      const found = await api.bring({ spec, name: mine });
      job = null;
      part("own-words").textContent = found.title;
      choose({ kind: "hub", name: found.spec });
    } catch (fault) {
      job = null;
      part("own-words").textContent = before;
      if (fault.code !== "job.stopped") complain(Object.assign(fault, { facts: { ...fault.facts, field: "source" } }));
    } finally { busy(false); }
  };

  doing("hub").addEventListener("click", () => { part("hub").hidden = false; part("hub-name").focus(); });
  doing("hub-bring").addEventListener("click", bring);
  doing("hub-stop").addEventListener("click", () => { if (job) api.stop({ name: job }).catch(() => {}); });
  part("hub-name").addEventListener("keydown", event => { if (event.key === "Enter") { event.preventDefault(); bring(); } });
};
