/*
 * Our sign in JupyterLab's bars: the letter ف, drawn as a line.
 */
import { LabIcon } from '@jupyterlab/ui-components';

// JupyterLab colours by class what has a fill attribute, so the line says its lack of one by style.
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3" style="fill:none" stroke="#616161" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" d="M19.5 11.2a3.2 3.2 0 1 1-3.2-3.4c2 0 3.2 1.7 3.2 4.2 0 4-2.4 6-7 6H8c-3 0-5-1.3-5-4.2V12"/>
  <circle class="jp-icon3" fill="#616161" cx="16.2" cy="3.6" r="1.7"/>
</svg>`;

export const icon = new LabIcon({ name: 'persian-ai:icon', svgstr: SVG });
