// A world in which nothing moves, for components that ask for more of WASI than ours does: time is
// the `now` of the call, dice are seeded by its entropy, waiting is over at once, no directory is
// open.
//
// Never asks the system for anything. Invariant: the same call sees the same world.

/** @typedef {{now: bigint, entropy: [bigint, bigint]}} Moment of the present call */

/**
 * @param {() => Moment} moment
 * @returns the imports for clocks, dice and files
 */
export function stillWorld(moment) {
  const now = () => moment().now * 1_000_000n;
  const wall = () => ({
    seconds: moment().now / 1_000n,
    nanoseconds: Number(moment().now % 1_000n) * 1_000_000,
  });
  class Pollable {}
  class Descriptor {}
  class DirectoryEntryStream {}
  const over = () => new Pollable();
  return {
    "wasi:clocks/monotonic-clock": { now, subscribeDuration: over, subscribeInstant: over },
    "wasi:clocks/wall-clock": { now: wall },
    "wasi:random/insecure-seed": { insecureSeed: () => moment().entropy },
    "wasi:filesystem/preopens": { getDirectories: () => [] },
    "wasi:filesystem/types": { Descriptor, DirectoryEntryStream },
  };
}
