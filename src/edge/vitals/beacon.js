// One beacon for a page view, when it is left: what web-vitals measured, no cookie, no id, no query. After a page came
// back from the back-forward cache there is one more for that view.
(() => {
  const tag = document.currentScript;
  const to = tag.src.replace(/\.js(\?.*)?$/, "");
  let lines = new Map();
  const keep = (metric) => {
    const value = metric.name === "CLS" ? metric.value.toFixed(4) : metric.value.toFixed(1);
    lines.set(metric.id, metric.name + " " + value + " " + (metric.navigationType || "navigate"));
  };
  const send = () => {
    if (lines.size === 0) return;
    const body = "1 " + (tag.dataset.release || "-") + " " + location.pathname + "\n" + [...lines.values()].join("\n") + "\n";
    lines = new Map();
    if (!(navigator.sendBeacon && navigator.sendBeacon(to, body))) {
      fetch(to, { body, method: "POST", keepalive: true }).catch(() => {});
    }
  };
  webVitals.onLCP(keep);
  webVitals.onINP(keep);
  webVitals.onCLS(keep);
  addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") send();
  });
  addEventListener("pagehide", send);
})();
