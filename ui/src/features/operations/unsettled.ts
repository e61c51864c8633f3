import type { Act } from "../../ipc/types";
import { app } from "../app/app.svelte";

/** The operation of this kind whose outcome is not known yet: the newest one, of this payment where one is given. */
export async function unsettled(act: Act, payment: string | null): Promise<string | null> {
  await app.refresh();
  const open = app.unknown.filter((one) => one.act === act && (payment === null || one.payment === null || one.payment === payment));
  const newest = open.sort((one, other) => Date.parse(other.since) - Date.parse(one.since))[0];
  return newest?.id ?? null;
}
