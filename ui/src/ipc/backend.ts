import { commands, events, type Changed, type Closing } from "./bindings";

export type Commands = typeof commands;

/** Who answers the commands: the shell of the app, or the made-up one of a browser. */
export interface Backend {
  commands: Commands;
  onChanged(tell: (changed: Changed) => void): Promise<() => void>;
  /** The person closed the window while operations are not settled. */
  onClosing(tell: (closing: Closing) => void): Promise<() => void>;
}

const shell: Backend = {
  commands,
  onChanged: (tell) => events.changed.listen((event) => tell(event.payload)),
  onClosing: (tell) => events.closing.listen((event) => tell(event.payload)),
};

let current: Backend = shell;

/** Answers from somewhere else than the shell; call before the app is mounted. */
export function useBackend(backend: Backend): void {
  current = backend;
}

export function backend(): Backend {
  return current;
}
