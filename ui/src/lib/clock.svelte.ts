import { createSubscriber } from "svelte/reactivity";

// Ticks only while something on screen shows the time; waking up from sleep or coming to the front ticks at once.
const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  document.addEventListener("visibilitychange", update);
  window.addEventListener("focus", update);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", update);
    window.removeEventListener("focus", update);
  };
});

/** Now, in milliseconds; whoever reads it on screen is drawn again every second. */
export function now(): number {
  subscribe();
  return Date.now();
}
