// Nobody changes what all objects inherit: not the page, nor what got into it. Tauri's own switch for that freezes it
// as it is, and then no object can be given a `toString` of its own by assignment, which libraries for diagrams and for
// code do. So each inherited property gets a setter that gives the object its own, and then it is frozen.
(() => {
  const inherited = Object.prototype;
  for (const name of Object.getOwnPropertyNames(inherited)) {
    const { value } = Object.getOwnPropertyDescriptor(inherited, name);
    if (value === undefined) continue;
    Object.defineProperty(inherited, name, {
      get: () => value,
      set(own) {
        if (this === inherited) throw new TypeError(`${name} is the same for all objects`);
        Object.defineProperty(this, name, { value: own, writable: true, enumerable: true, configurable: true });
      },
      enumerable: false,
      configurable: false,
    });
  }
  Object.freeze(inherited);
})();
