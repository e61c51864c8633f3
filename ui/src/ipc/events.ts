import { backend } from "./backend";
import type { Changed, Closing, OpenPlace, Topic } from "./types";

type Listener = (topics: Topic[]) => void;

const listeners = new Set<Listener>();
let waiting: Topic[] = [];
let frame: number | null = null;

function tellAll(): void {
  frame = null;
  const seen = new Set<string>();
  const topics = waiting.filter((topic) => {
    const key = JSON.stringify(topic);
    return seen.has(key) ? false : (seen.add(key), true);
  });
  waiting = [];
  for (const listener of [...listeners]) listener(topics);
}

// A hidden window draws no frames: a timer stands in, so that a screen is fresh when it is shown again.
function soon(run: () => void): number {
  return document.hidden ? window.setTimeout(run, 100) : requestAnimationFrame(run);
}

/** Gathers what changed and tells everybody at most once per animation frame. */
export function receive(changed: Changed): void {
  waiting.push(...changed.topics);
  frame ??= soon(tellAll);
}

/** Starts listening to the shell. Once, at the start of the app. */
export function listen(): Promise<() => void> {
  return backend().onChanged(receive);
}

/** Tells when the person closed the window while operations are not settled, until the returned function is called. */
export function onClosing(tell: (closing: Closing) => void): Promise<() => void> {
  return backend().onClosing(tell);
}

/** Tells when a notification of the system was clicked, until the returned function is called. */
export function onOpenPlace(tell: (place: OpenPlace) => void): Promise<() => void> {
  return backend().onOpenPlace(tell);
}

/** Calls `then` with the topics of each change until the returned function is called. */
export function onChanged(then: Listener): () => void {
  listeners.add(then);
  return () => listeners.delete(then);
}

/** Is one of the topics of this kind (and, where given, about this id)? */
export function about(topics: Topic[], kind: Topic["kind"], id?: string): boolean {
  return topics.some((topic) => topic.kind === kind && (id === undefined || !("id" in topic) || topic.id === id));
}

/** Whether a picture has come or gone. Changes name it by its number, with which its address ends. */
export function aboutPicture(topics: Topic[], address: string): boolean {
  return topics.some((topic) => topic.kind === "picture" && (topic.id === address || address.endsWith(`/${topic.id}`)));
}
