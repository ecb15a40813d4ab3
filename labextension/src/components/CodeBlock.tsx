/**
 * A block of code: always left to right, with its language and a button that copies it exactly.
 */
import * as React from 'react';

import { safeNodes } from './SafeText';
import { copyText } from '../text/clipboard';

/** Words on the buttons. */
export interface CodeLabels {
  copy: string;
  copied: string;
}

/** Properties of {@link CodeBlock}. */
export interface CodeBlockProps {
  code: string;
  language: string;
  labels: CodeLabels;
}

/** See the module's comment. */
export function CodeBlock({ code, language, labels }: CodeBlockProps): React.ReactElement {
  const [copied, setCopied] = React.useState(false);
  React.useEffect(() => {
    if (!copied) {
      return;
    }
    const timer = window.setTimeout(() => setCopied(false), 1500);
    return () => window.clearTimeout(timer);
  }, [copied]);
  return (
    <div className="pai-code" dir="ltr">
      <div className="pai-code-bar">
        <span>{safeNodes(language.slice(0, 40))}</span>
        <button
          type="button"
          onClick={() => {
            void copyText(code).then(setCopied);
          }}
        >
          <bdi aria-live="polite">{copied ? labels.copied : labels.copy}</bdi>
        </button>
      </div>
      <pre tabIndex={0}>
        <code>{safeNodes(code)}</code>
      </pre>
    </div>
  );
}
