// Entry of the browser build: the same app over the made-up backend. `?scenario=` chooses the world.
import { installFake } from "./ipc/fake";

// As the shell does in the real window.
Object.freeze(Object.prototype);

const query = new URLSearchParams(location.search);
installFake(query.get("scenario") ?? undefined);
void import("./main");
