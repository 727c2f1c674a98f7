/** What the last operation cost and what the tenant has left, as the server says it with each answer. */
import { useSyncExternalStore } from 'react';

export interface Cost {
  requested: number;
  actual?: number | null;
  throttle?: { maximum: number; available: number; restoreRate: number } | null;
}

let last: Cost | null = null;
const listeners = new Set<() => void>();

export function noteCost(cost: Cost | null | undefined): void {
  if (!cost) return;
  last = cost;
  for (const listener of listeners) listener();
}

export function useLastCost(): Cost | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => last,
  );
}
