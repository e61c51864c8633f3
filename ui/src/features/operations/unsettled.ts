import { api } from "../../ipc/call";
import type { Act } from "../../ipc/types";

/**
 * The operation of this kind whose outcome is not known yet: the newest one, of this payment where one is given. Asked
 * for anew: what the app has may be older than the act.
 */
export async function unsettled(act: Act, payment: string | null): Promise<string | null> {
  try {
    const { operations } = await api.appState();
    const open = operations.filter(
      (one) => one.act === act && one.settled === null && (payment === null || one.payment === null || one.payment === payment),
    );
    return open.sort((one, other) => Date.parse(other.since) - Date.parse(one.since))[0]?.id ?? null;
  } catch {
    // Then the place that asked says itself that the outcome is not known.
    return null;
  }
}
