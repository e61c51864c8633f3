// Every state of every screen in English.
import { picture } from "./pictures";

picture("en");
