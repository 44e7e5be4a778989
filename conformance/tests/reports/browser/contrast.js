// What is written and stands out less than 4.5 to 1 from what is behind it.
(() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const channels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = ([r, g, b, a], back) =>
    [r, g, b].map((channel, place) => (channel * a + back[place] * (255 - a)) / 255);
  const light = (colour) => {
    const [r, g, b] = colour.map((channel) => {
      const part = channel / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const backs = [];
    for (let own = element; own; own = own.parentElement) backs.unshift(getComputedStyle(own).backgroundColor);
    return backs.map(channels).reduce((back, colour) => over(colour, back), [255, 255, 255]);
  };
  const opacity = (element) => {
    let all = 1;
    for (let own = element; own; own = own.parentElement) all *= getComputedStyle(own).opacity;
    return all;
  };
  const faint = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasText || element.closest("[aria-hidden], .unseen, script, option") || !element.checkVisibility()) continue;
    const back = behind(element);
    const [r, g, b, a] = channels(getComputedStyle(element).color);
    const front = over([r, g, b, a * opacity(element)], back);
    const [high, low] = [light(front), light(back)].sort((one, other) => other - one);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) faint.add(`${element.tagName} ${element.className}: ${contrast.toFixed(2)}`);
  }
  return [...faint];
})()
