// Replaces the drawn map by one that can be moved, from our own files alone: no tiles, and no glyph server, since a
// style without `glyphs` has its labels drawn from the page's own font. If anything fails the drawn map stays.
const box = document.getElementById("live-map");
const drawn = document.getElementById("drawn-map");

function colour(step) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--step-${step}`).trim();
}

function steps() {
  const cases = [1, 2, 3, 4, 5].flatMap((step) => [step, colour(step)]);
  return ["match", ["get", "step"], ...cases, colour(0)];
}

function labels(shapes) {
  const features = shapes.features.map((each) => ({
    type: "Feature",
    properties: { names: each.properties.label.replace(" / ", "\n") },
    geometry: { type: "Point", coordinates: each.properties.at },
  }));
  return { type: "FeatureCollection", features };
}

function style(shapes) {
  return {
    version: 8,
    sources: {
      shapes: { type: "geojson", data: shapes },
      labels: { type: "geojson", data: labels(shapes) },
    },
    layers: [
      { id: "paper", type: "background", paint: { "background-color": "#faf8f4" } },
      { id: "areas", type: "fill", source: "shapes", paint: { "fill-color": steps() } },
      { id: "borders", type: "line", source: "shapes", paint: { "line-color": "#8b8576", "line-width": 1 } },
      {
        id: "names",
        type: "symbol",
        source: "labels",
        layout: {
          "text-field": ["get", "names"],
          "text-font": ["Noto Sans"],
          "text-size": ["interpolate", ["linear"], ["zoom"], 7, 11, 11, 15],
          "text-max-width": 9,
          "text-line-height": 1.1,
          "text-padding": 4,
        },
        paint: { "text-color": "#1c2530", "text-halo-color": "#fff", "text-halo-width": 2 },
      },
    ],
  };
}

// The popup is built from text nodes: a name is never read as markup.
function words(properties) {
  const place = document.createElement("div");
  const link = document.createElement("a");
  link.href = properties.url;
  link.textContent = properties.label;
  place.append(link, document.createElement("br"), properties.shown);
  return place;
}

async function start() {
  const [library, answer] = await Promise.all([
    import(box.dataset.maplibre),
    fetch(box.dataset.shapes, { credentials: "same-origin" }),
    document.fonts.load('600 12px "Noto Sans"', "AаЂđ"),
  ]);
  if (!answer.ok) throw new Error(`shapes: ${answer.status}`);
  const shapes = await answer.json();
  const [west, south, east, north] = box.dataset.bounds.split(",").map(Number);
  box.hidden = false;
  const map = new library.Map({
    container: box,
    style: style(shapes),
    bounds: [[west, south], [east, north]],
    fitBoundsOptions: { padding: 16 },
    maxBounds: [[west - 2, south - 2], [east + 2, north + 2]],
    attributionControl: false,
    cooperativeGestures: false,
    dragRotate: false,
    pitchWithRotate: false,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new library.NavigationControl({ showCompass: false }));
  map.on("click", "areas", (event) => {
    new library.Popup().setLngLat(event.lngLat).setDOMContent(words(event.features[0].properties)).addTo(map);
  });
  await new Promise((done, failed) => {
    map.once("idle", done);
    map.once("error", (event) => failed(event.error));
  });
  drawn.hidden = true;
  box.dataset.ready = "yes";
}

if (box && drawn) {
  start().catch(function (error) {
    box.hidden = true;
    drawn.hidden = false;
    console.warn("The map stays as drawn:", error.message);
  });
}
