import { api, faultOf } from "../../ipc/call";
import { onChanged } from "../../ipc/events";
import type { PersonCard, TalkRow, TalksPage, TalksQuery, TalkSubject } from "../../ipc/types";
import { say } from "../../kit/say.svelte";
import { t } from "../../i18n/words.svelte";
import { go } from "../../lib/router.svelte";
import { Windows } from "../../lib/windows.svelte";

/** What of the list is wanted. */
export interface Wanted {
  text: string;
  /** One person only. */
  person: Pick<PersonCard, "id" | "name"> | null;
  unreadOnly: boolean;
  deals: boolean;
}

const EVERYTHING: Wanted = { text: "", person: null, unreadOnly: false, deals: true };

function asked(wanted: Wanted): Pick<TalksQuery, "text" | "person" | "unreadOnly" | "deals"> {
  return {
    text: wanted.text.trim(),
    person: wanted.person?.id ?? null,
    unreadOnly: wanted.unreadOnly,
    deals: wanted.deals,
  };
}

/** The list of conversations of the account in use. */
class Talks {
  wanted = $state.raw<Wanted>(EVERYTHING);
  asOf = $state.raw<string | null>(null);
  readonly list = new Windows<TalkRow, TalksPage>(
    (row) => row.id,
    (from, count) => api.talks({ ...asked(this.wanted), from, count }),
    (page) => (this.asOf = page.asOf),
  );
  #account: string | null = null;

  get filtered(): boolean {
    return JSON.stringify(asked(this.wanted)) !== JSON.stringify(asked(EVERYTHING));
  }

  /** Another account has another list. */
  enter(account: string | null): void {
    if (account === this.#account) return;
    this.#account = account;
    this.wanted = EVERYTHING;
    this.asOf = null;
    this.list.forget();
  }

  /** Changes what is wanted; the list is read anew. */
  ask(change: Partial<Wanted>): void {
    const before = JSON.stringify(asked(this.wanted));
    this.wanted = { ...this.wanted, ...change };
    if (JSON.stringify(asked(this.wanted)) !== before) void this.list.begin();
  }

  everything(): void {
    this.ask(EVERYTHING);
  }

  /** Reads the list, or what is in sight of it again. */
  read(): void {
    if (this.list.known) this.list.renew();
    else void this.list.begin();
  }

  /** Follows changes until the returned function is called. For `$effect`. */
  follow(): () => void {
    return onChanged((topics) => {
      if (topics.some((topic) => topic.kind === "talks" || topic.kind === "talk")) this.read();
    });
  }
}

export const talks = new Talks();

/** Shows the conversations with one person. */
export function talksWith(person: Pick<PersonCard, "id" | "name">, account: string | null): void {
  talks.enter(account);
  talks.ask({ ...EVERYTHING, person });
  go({ name: "talks" });
}

/** Goes to the conversation about something, begun or not; why there is none is said. */
export async function writeAbout(subject: TalkSubject): Promise<void> {
  try {
    go({ name: "talk", id: await api.talkAbout(subject) });
  } catch (thrown) {
    const fault = faultOf(thrown);
    say(t().faults.code[fault.code](fault.values), "bad");
  }
}
