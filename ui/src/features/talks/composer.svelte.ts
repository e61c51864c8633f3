import { api, faultOf } from "../../ipc/call";
import type { DraftPicture, DraftPictures, Fault } from "../../ipc/types";
import { current } from "../../lib/current.svelte";

/** Most characters of a message; the marketplace counts UTF-16 units (marketplace reference, section 3.2), as a string does. */
export const MOST = 1000;

// No file larger than this is taken into the page's memory; what is picked never passes through it.
const LARGEST = 64 * 1024 * 1024;

/** The pictures of what is being written, of one conversation. They wait in the account's data, as the words do. */
export class Attached {
  pictures = $state.raw<readonly DraftPicture[]>([]);
  failed = $state.raw<DraftPictures["failed"]>([]);
  max = $state(10);
  /** Files that are being read. */
  busy = $state(0);
  fault = $state.raw<Fault | null>(null);
  readonly #talk: string;
  readonly #account = current() ?? "";

  constructor(talk: string) {
    this.#talk = talk;
  }

  #put(draft: DraftPictures): void {
    this.pictures = draft.pictures;
    this.max = draft.max;
    if (draft.failed.length > 0) this.failed = draft.failed;
  }

  async #do(act: () => Promise<DraftPictures>): Promise<void> {
    this.busy += 1;
    this.fault = null;
    try {
      this.#put(await act());
    } catch (thrown) {
      this.fault = faultOf(thrown);
    } finally {
      this.busy -= 1;
    }
  }

  /** Reads what waits. */
  read(): Promise<void> {
    return this.#do(() => api.draftPictures(this.#talk));
  }

  pick(): Promise<void> {
    this.forget();
    return this.#do(() => api.pickPictures(this.#account, this.#talk, false));
  }

  /** Takes files that were pasted or dropped, one after another, so that they keep their order. */
  async take(files: readonly File[], unnamed: string): Promise<void> {
    this.forget();
    for (const file of files) {
      const name = file.name === "" ? unnamed : file.name;
      this.busy += 1;
      try {
        if (file.size > LARGEST) {
          this.#refused(name, {
            code: "pictureTooLarge",
            money: "no",
            next: null,
            values: { max: String(LARGEST) },
            serverText: null,
          });
          continue;
        }
        const bytes = new Uint8Array(await file.arrayBuffer());
        const made = await api.addPicture(this.#account, this.#talk, name, bytes, false);
        this.pictures = [...this.pictures.filter((one) => one.id !== made.id), made];
      } catch (thrown) {
        this.#refused(name, faultOf(thrown));
      } finally {
        this.busy -= 1;
      }
    }
  }

  #refused(name: string, fault: Fault): void {
    this.failed = [...this.failed, { name, fault }];
  }

  remove(id: string): Promise<void> {
    return this.#do(() => api.removePicture(this.#account, this.#talk, id));
  }

  setFull(id: string, full: boolean): Promise<void> {
    return this.#do(() => api.setFullSize(this.#account, this.#talk, id, full));
  }

  /** They were sent. */
  sent(ids: readonly string[]): void {
    this.pictures = this.pictures.filter((one) => !ids.includes(one.id));
    this.forget();
  }

  /** What could not be added has been read. */
  forget(): void {
    this.failed = [];
    this.fault = null;
  }
}
