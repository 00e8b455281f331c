/** Whether a dialog is open: what is typed there is not lost to a key that goes elsewhere. Toasts are none, nor is one that fades away. */
export const dialogIsOpen = (): boolean => document.querySelector("[data-over]:not([data-closed])") !== null;
