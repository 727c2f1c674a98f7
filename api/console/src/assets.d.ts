/** GraphQL documents are bundled as text. */
declare module '*.graphql' {
  const document: string;
  export default document;
}

declare module '*.css';

/** Addresses of the built worker files, put in by build.mjs. */
declare const WORKER_EDITOR: string;
declare const WORKER_JSON: string;
declare const WORKER_GRAPHQL: string;
