/** Style sheets in the order they override each other. GraphiQL's own bundle is avoided: it brings the editor's a second time. */
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import '@graphiql/plugin-explorer/style.css';
import 'graphiql/graphiql.css';
import './styles/console.css';
import './styles/narrow.css';
