// Every state of every screen in Russian.
import { picture } from "./pictures";

picture("ru");
