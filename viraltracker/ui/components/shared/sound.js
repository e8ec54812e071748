// The one audio element of a component. Whoever starts to sound asks every other player of the page to be quiet.

const HUSH = "studio-sound";

// hooks: {time(ms), playing(bool), ended(), failed(message)}
export function sound(root, hooks) {
  const self = {};
  const audio = document.createElement("audio");
  audio.preload = "auto";
  audio.hidden = true;
  root.append(audio);
  let frame = 0;
  let wanted = 0;

  function tick() {
    hooks.time(audio.currentTime * 1000);
    frame = audio.paused ? 0 : requestAnimationFrame(tick);
  }
  const others = (event) => {
    if (event.detail !== self) audio.pause();
  };
  document.addEventListener(HUSH, others);
  audio.addEventListener("play", () => {
    document.dispatchEvent(new CustomEvent(HUSH, { detail: self }));
    hooks.playing(true);
    cancelAnimationFrame(frame);
    tick();
  });
  audio.addEventListener("pause", () => hooks.playing(false));
  audio.addEventListener("ended", () => hooks.ended());
  audio.addEventListener("seeked", () => hooks.time(audio.currentTime * 1000));
  audio.addEventListener("error", () => {
    if (audio.getAttribute("src")) hooks.failed("This take can't be played. Load the page again.");
  });

  return Object.assign(self, {
    // `gain` 0..1 attenuates; `from_ms` is where to begin.
    start(url, from_ms = 0, gain = 1) {
      audio.volume = Math.min(1, Math.max(0, gain));
      if (audio.getAttribute("src") !== url || audio.error) audio.src = url;
      audio.currentTime = from_ms / 1000;
      wanted += 1;
      const mine = wanted;
      audio.play().catch((error) => {
        if (mine === wanted && error.name !== "AbortError") hooks.playing(false);
      });
    },
    resume() {
      audio.play().catch(() => hooks.playing(false));
    },
    pause() {
      audio.pause();
    },
    seek(ms) {
      audio.currentTime = Math.max(0, ms / 1000);
    },
    get playing() {
      return !audio.paused && !audio.ended;
    },
    get time_ms() {
      return audio.currentTime * 1000;
    },
    close() {
      cancelAnimationFrame(frame);
      document.removeEventListener(HUSH, others);
      audio.pause();
      audio.removeAttribute("src");
      audio.load();
      audio.remove();
    },
  });
}

// 0:11.3, as a running clock is read.
export function running(ms) {
  const tenths = Math.max(0, Math.floor(ms / 100));
  const minutes = Math.floor(tenths / 600);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return `${minutes}:${rest}`;
}
