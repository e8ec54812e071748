// How a component lives. Streamlit calls its function again with every new data, and now and then ends an older call after
// a newer one has begun; so a part is made once per place, and ends only when its place has left the page.

const lives = new WeakMap();

// A button that is replaced while it is pressed is never clicked, and a slider that is replaced is let go of: news wait
// until the pointer, or the space bar, is up. held(root) -> {pass(news), end()}: `take(news)` is called at once, or when it is.
function held(root, take) {
  let pressed = false;
  let late = null;
  const down = () => {
    pressed = true;
  };
  // The click comes after the pointer is up, and in the same turn.
  const up = () => {
    if (!pressed) return;
    pressed = false;
    setTimeout(() => {
      if (pressed || !late) return;
      const news = late;
      late = null;
      take(news);
    }, 0);
  };
  const moved = (event) => {
    if (event.buttons === 0) up();
  };
  root.addEventListener("pointerdown", down);
  root.addEventListener("keydown", (event) => {
    if (event.key === " ") down();
  });
  const ends = { pointerup: up, keyup: up, pointercancel: up, blur: up, dragend: up, pointermove: moved };
  for (const [name, end] of Object.entries(ends)) window.addEventListener(name, end);
  return {
    pass(news) {
      if (pressed) late = news;
      else {
        late = null;
        take(news);
      }
    },
    end() {
      for (const [name, end] of Object.entries(ends)) window.removeEventListener(name, end);
    },
  };
}

// make(root) -> {update(component), close()}
export function mounted(make) {
  return (component) => {
    const place = component.parentElement;
    let life = lives.get(place);
    if (!life) {
      const root = document.createElement("div");
      root.className = "root";
      place.append(root);
      const part = make(root);
      life = { part, root, news: held(root, (component) => part.update(component)) };
      lives.set(place, life);
    }
    // Dialogs live outside the element that Streamlit gives its theme's scheme to.
    document.documentElement.style.colorScheme = getComputedStyle(life.root).colorScheme;
    life.news.pass(component);
    return () => {
      setTimeout(() => {
        if (life.root.isConnected || lives.get(place) !== life) return;
        lives.delete(place);
        life.news.end();
        life.part.close();
      }, 0);
    };
  };
}

// Gives `root` the height that is left below its top edge; a page's main part fills the window.
export function fillWindow(root, below = 0, least = 320) {
  function fit() {
    const top = root.getBoundingClientRect().top + (document.scrollingElement?.scrollTop ?? 0);
    root.style.height = `${Math.max(least, Math.floor(window.innerHeight - Math.max(0, top) - below))}px`;
  }
  const watcher = new ResizeObserver(fit);
  watcher.observe(document.documentElement);
  const main = root.getRootNode().host?.closest("[data-testid=stMain]");
  if (main?.firstElementChild) watcher.observe(main.firstElementChild);
  window.addEventListener("resize", fit);
  fit();
  return () => {
    watcher.disconnect();
    window.removeEventListener("resize", fit);
  };
}
