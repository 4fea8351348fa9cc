// Draws what the server laid out. The table below the drawing says the same without this.
(() => {
  "use strict";
  const box = document.querySelector("#graph");
  if (!box || typeof window.cytoscape !== "function") return;
  const data = JSON.parse(document.getElementById(box.dataset.graphSource).textContent);

  // Cytoscape would add a <style> element, which the page's policy refuses; awayteam.css holds that rule instead.
  const placeholder = document.createElement("meta");
  placeholder.id = "__________cytoscape_stylesheet";
  document.head.append(placeholder);

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const hues = new Map();
  const hue = (number) => {
    if (!hues.has(number)) {
      const probe = document.createElement("i");
      probe.className = `hue-${number}`;
      document.body.append(probe);
      hues.set(number, getComputedStyle(probe).getPropertyValue("--hue").trim());
      probe.remove();
    }
    return hues.get(number);
  };
  const style = () => [
    { selector: "node", style: {
      "shape": "round-rectangle", "width": 184, "height": 42, "background-color": token("--at-surface"),
      "border-width": 1.5, "border-color": token("--at-line-strong"), "label": "data(label)", "color": token("--at-text"),
      "font-size": 13, "font-family": "system-ui, sans-serif", "text-valign": "center", "text-halign": "center",
      "text-wrap": "wrap", "text-max-width": 190, "line-height": 1.25,
    } },
    // The stripe is the colour of the team that owns it.
    { selector: "node[hue >= 0][!centre]", style: {
      "background-fill": "linear-gradient", "background-gradient-direction": "to-right",
      "background-gradient-stop-colors": (node) => `${hue(node.data("hue"))} ${hue(node.data("hue"))} ${token("--at-surface")} ${token("--at-surface")}`,
      "background-gradient-stop-positions": "0 4 4 100",
    } },
    { selector: "node[?centre]", style: { "background-color": token("--at-accent"), "border-color": token("--at-accent"), "color": token("--at-on-accent"), "font-weight": 600 } },
    { selector: "node[?missing]", style: { "border-style": "dashed", "border-color": token("--at-bad") } },
    { selector: "node:selected", style: { "border-width": 3, "border-color": token("--at-accent") } },
    { selector: "edge", style: {
      "width": 1.25, "line-color": token("--at-line-strong"), "target-arrow-color": token("--at-line-strong"),
      "target-arrow-shape": "triangle", "arrow-scale": 0.9, "curve-style": "bezier",
      "source-endpoint": "50% 0%", "target-endpoint": "-50% 0%",
    } },
    { selector: "edge.near", style: { "label": "data(label)", "font-size": 11, "color": token("--at-text"), "line-color": token("--at-accent"), "target-arrow-color": token("--at-accent"), "text-background-color": token("--at-bg"), "text-background-opacity": 1, "text-background-padding": 2 } },
  ];

  const graph = window.cytoscape({
    container: box,
    elements: [
      ...data.nodes.map((node) => ({ data: node, position: { x: node.x, y: node.y } })),
      ...data.edges.map((edge) => ({ data: edge })),
    ],
    layout: { name: "preset", padding: 24 },
    style: style(),
    minZoom: 0.2,
    maxZoom: 2,
    userZoomingEnabled: false, // the wheel belongs to the page
  });
  const fit = () => {
    graph.fit(undefined, 24);
    if (graph.zoom() > 1.1) {
      graph.zoom(1.1);
      graph.center();
    }
  };
  fit();
  graph.on("mouseover", "node", (event) => { event.target.connectedEdges().addClass("near"); box.classList.add("pointing"); });
  graph.on("mouseout", "node", (event) => { event.target.connectedEdges().removeClass("near"); box.classList.remove("pointing"); });
  graph.on("tap", "node", (event) => { window.location.assign(event.target.data("href")); });
  const zoom = (factor) => graph.zoom({ level: graph.zoom() * factor, renderedPosition: { x: box.clientWidth / 2, y: box.clientHeight / 2 } });
  const verbs = { fit, nearer: () => zoom(1.25), farther: () => zoom(0.8) };
  for (const button of document.querySelectorAll("[data-graph]")) {
    button.hidden = false;
    button.addEventListener("click", () => verbs[button.dataset.graph]());
  }
  const redraw = () => graph.style(style());
  document.addEventListener("awayteam:theme", redraw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => window.setTimeout(redraw, 0));
  box.dataset.drawn = "yes";
})();
