import { t } from "../../i18n/words.svelte";
import type { Fault } from "../../ipc/types";

/** What happened, in words for the foot of a field. */
export function said(fault: Fault | null): string | null {
  return fault === null ? null : t().faults.code[fault.code](fault.values);
}
