import { api, faultOf } from "../../ipc/call";
import type { BundleReport, Fault } from "../../ipc/types";

/** The bundle that was checked last: it stays while one looks elsewhere. */
class BundleDesk {
  report = $state.raw<BundleReport | null>(null);
  fault = $state.raw<Fault | null>(null);
  busy = $state(false);

  /** Asks for a file and checks it. Changing one's mind leaves what is there. */
  async check(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const report = await api.checkBundle();
      if (report !== null) this.report = report;
      this.fault = null;
    } catch (thrown) {
      this.report = null;
      this.fault = faultOf(thrown);
    } finally {
      this.busy = false;
    }
  }
}

export const bundle = new BundleDesk();
