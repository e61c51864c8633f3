import { api, faultOf } from "../../ipc/call";
import type { BundleVerdict, Fault } from "../../ipc/types";

/** The bundle that was checked last: it stays while one looks elsewhere. */
class BundleDesk {
  verdict = $state.raw<BundleVerdict | null>(null);
  fault = $state.raw<Fault | null>(null);
  busy = $state(false);

  /** Asks for a file and checks it. Changing one's mind leaves what is there. */
  async check(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const verdict = await api.checkBundle();
      if (verdict !== null) this.verdict = verdict;
      this.fault = null;
    } catch (thrown) {
      this.verdict = null;
      this.fault = faultOf(thrown);
    } finally {
      this.busy = false;
    }
  }
}

export const bundle = new BundleDesk();
