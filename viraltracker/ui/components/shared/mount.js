// How a component lives. Streamlit calls its function again with every new data, and now and then ends an older call after
// a newer one has begun; so a part is made once per place, and ends only when its place has left the page.

const lives = new WeakMap();

// make(root) -> {update(component), close()}
export function mounted(make) {
  return (component) => {
    const place = component.parentElement;
    let life = lives.get(place);
    if (!life) {
      const root = document.createElement("div");
      root.className = "root";
      place.append(root);
      life = { part: make(root), root };
      lives.set(place, life);
    }
    // Dialogs live outside the element that Streamlit gives its theme's scheme to.
    document.documentElement.style.colorScheme = getComputedStyle(life.root).colorScheme;
    life.part.update(component);
    return () => {
      setTimeout(() => {
        if (life.root.isConnected || lives.get(place) !== life) return;
        lives.delete(place);
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
