import './workers';
import './styles';
import { createRoot } from 'react-dom/client';
import { App } from './App';

const place = document.getElementById('console');
if (place) createRoot(place).render(<App />);
