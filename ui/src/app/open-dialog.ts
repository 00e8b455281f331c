/** Whether a dialog is open: what is typed there is not lost to a key that goes elsewhere. Toasts are none. */
export const dialogIsOpen = (): boolean => document.querySelector("[data-over]") !== null;
