import { convertFileSrc, invoke } from "@tauri-apps/api/core";
import { commands, events, type Changed, type Closing, type DraftPicture, type Fault, type OpenPlace } from "./bindings";

export type PictureSize = "preview" | "original";

type Reply<T> = { status: "ok"; data: T } | { status: "error"; error: Fault };

/** A command of the shell that takes bytes as its body, not as JSON; what belongs to them goes in headers. */
async function addPicture(
  account: string,
  talk: string,
  name: string,
  bytes: Uint8Array,
  fullSize: boolean,
): Promise<Reply<DraftPicture>> {
  const headers = {
    account,
    talk: encodeURIComponent(talk),
    name: encodeURIComponent(name),
    "full-size": String(fullSize),
  };
  try {
    return { status: "ok", data: await invoke<DraftPicture>("add_picture", bytes, { headers }) };
  } catch (thrown) {
    if (thrown instanceof Error) throw thrown;
    return { status: "error", error: thrown as Fault };
  }
}

const all = { ...commands, addPicture };

export type Commands = typeof all;

/** Who answers the commands: the shell of the app, or the made-up one of a browser. */
export interface Backend {
  commands: Commands;
  /** Where an `<img>` finds a picture: outside of JSON, decoded and bounded by the shell. */
  pictureUrl(id: string, size: PictureSize): string;
  onChanged(tell: (changed: Changed) => void): Promise<() => void>;
  /** The person closed the window while operations are not settled. */
  onClosing(tell: (closing: Closing) => void): Promise<() => void>;
  /** A notification of the system was clicked. */
  onOpenPlace(tell: (place: OpenPlace) => void): Promise<() => void>;
}

const shell: Backend = {
  commands: all,
  pictureUrl: (id, size) => convertFileSrc(`${size}/${id}`, "kvit-picture"),
  onChanged: (tell) => events.changed.listen((event) => tell(event.payload)),
  onClosing: (tell) => events.closing.listen((event) => tell(event.payload)),
  onOpenPlace: (tell) => events.openPlace.listen((event) => tell(event.payload)),
};

let current: Backend = shell;

/** Answers from somewhere else than the shell; call before the app is mounted. */
export function useBackend(backend: Backend): void {
  current = backend;
}

export function backend(): Backend {
  return current;
}

/** Where an `<img>` finds a picture. */
export function pictureUrl(id: string, size: PictureSize): string {
  return current.pictureUrl(id, size);
}
