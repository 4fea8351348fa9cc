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
  const style = () => [
    { selector: "node", style: {
      "shape": "round-rectangle", "width": 172, "height": 32, "background-color": token("--at-surface"),
      "border-width": 1.5, "border-color": token("--at-line-strong"), "label": "data(label)", "color": token("--at-text"),
      "font-size": 13, "font-family": "system-ui, sans-serif", "text-valign": "center", "text-halign": "center",
      "text-wrap": "ellipsis", "text-max-width": 156,
    } },
    { selector: "node[?centre]", style: { "background-color": token("--at-accent"), "border-color": token("--at-accent"), "color": token("--at-on-accent"), "font-weight": 600 } },
    { selector: "node[?missing]", style: { "border-style": "dashed", "border-color": token("--at-bad") } },
    { selector: "node:selected", style: { "border-width": 3, "border-color": token("--at-accent") } },
    { selector: "edge", style: {
      "width": 1.25, "line-color": token("--at-line-strong"), "target-arrow-color": token("--at-line-strong"),
      "target-arrow-shape": "triangle", "arrow-scale": 0.9, "curve-style": "bezier",
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
    wheelSensitivity: 0.3,
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
  document.querySelector("[data-graph=fit]")?.addEventListener("click", fit);
  const redraw = () => graph.style(style());
  document.addEventListener("awayteam:theme", redraw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => window.setTimeout(redraw, 0));
  box.dataset.drawn = "yes";
})();
