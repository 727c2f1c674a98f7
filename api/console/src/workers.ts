/** Tells the editor where its workers are. */
const ADDRESSES: Record<string, string> = { json: WORKER_JSON, graphql: WORKER_GRAPHQL };

Object.assign(globalThis, {
  MonacoEnvironment: {
    getWorker: (_id: string, label: string) => new Worker(ADDRESSES[label] ?? WORKER_EDITOR, { name: label }),
  },
});
