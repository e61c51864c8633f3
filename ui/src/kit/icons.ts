// The icons of the screens: one set, each by itself, so that only these are in the bundle.
export { default as ArrowRightLeft } from "@lucide/svelte/icons/arrow-right-left";
export { default as Banknote } from "@lucide/svelte/icons/banknote";
export { default as Check } from "@lucide/svelte/icons/check";
export { default as ChevronDown } from "@lucide/svelte/icons/chevron-down";
export { default as CircleQuestionMark } from "@lucide/svelte/icons/circle-question-mark";
export { default as CircleSlash } from "@lucide/svelte/icons/circle-slash";
export { default as Eye } from "@lucide/svelte/icons/eye";
export { default as EyeOff } from "@lucide/svelte/icons/eye-off";
export { default as FileText } from "@lucide/svelte/icons/file-text";
export { default as House } from "@lucide/svelte/icons/house";
export { default as Receipt } from "@lucide/svelte/icons/receipt";
export { default as Search } from "@lucide/svelte/icons/search";
export { default as Settings } from "@lucide/svelte/icons/settings";
export { default as Stamp } from "@lucide/svelte/icons/stamp";
export { default as X } from "@lucide/svelte/icons/x";
