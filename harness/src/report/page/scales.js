// Scales: from numbers to places on a drawing, and the marks beside them.

/** From [low, high] to [from, to]. */
function linear(low, high, from, to) {
  const span = high - low || 1;
  const scale = (value) => from + ((value - low) / span) * (to - from);
  scale.from = from;
  scale.to = to;
  return scale;
}

/** Round numbers between two, about so many. */
function ticks(low, high, about) {
  const span = high - low;
  if (span <= 0) return [low];
  const rough = span / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const step = Math.max(size, 1);
  const all = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) all.push(value);
  return all;
}

/**
 * A scale of time on which a gap is as wide as its order of magnitude: what happens in microseconds is seen beside a
 * time-out of a minute. `moments` are the times at which something happens.
 */
function folded(moments, end, from, to) {
  const times = [...new Set([0, ...moments, end])].filter((time) => time <= end).sort((one, other) => one - other);
  const places = [0];
  for (let place = 1; place < times.length; place += 1) {
    places.push(places[place - 1] + Math.log2(1 + (times[place] - times[place - 1]) / 100) + 0.3);
  }
  const whole = places[places.length - 1] || 1;
  const scale = (time) => {
    let [low, high] = [0, times.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (times[middle] <= time) low = middle;
      else high = middle;
    }
    const span = times[high] - times[low] || 1;
    const share = Math.min(1, Math.max(0, (time - times[low]) / span));
    return from + ((places[low] + share * (places[high] - places[low])) / whole) * (to - from);
  };
  scale.from = from;
  scale.to = to;
  return scale;
}

/** All times at which something happens in a run. */
function momentsOf(details) {
  const lanes = details.lanes;
  const moments = [...details.steps.at];
  if (lanes) {
    const bars = lanes.bars;
    bars.began.forEach((began, place) => moments.push(began, began + bars.lasted[place]));
    moments.push(...lanes.points.at);
  }
  for (const curve of details.times) moments.push(...curve.driver.at, ...curve.firmware.at);
  return moments;
}

/** The scale of a run's time: folded, or true to scale. */
function timeScale(details, isTrue, from, to) {
  const end = Math.max(1, details.ended);
  return isTrue || details.unit === "turns" ? linear(0, end, from, to) : folded(momentsOf(details), end, from, to);
}

/** Steps as bands of time: number, beginning, end. */
function bandsOf(details) {
  return details.steps.number.map((number, place) => ({
    number,
    place,
    began: place === 0 ? 0 : details.steps.at[place - 1],
    ended: details.steps.at[place],
  }));
}

/** Whatever stands for one step, wherever it is drawn, is marked while somebody looks at that step. */
function select(root, number) {
  for (const one of root.querySelectorAll(".at-step.selected")) one.classList.remove("selected");
  if (number === null) return;
  for (const one of root.querySelectorAll(`.at-step[data-step="${number}"]`)) one.classList.add("selected");
}
