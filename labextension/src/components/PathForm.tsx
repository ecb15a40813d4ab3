/**
 * Asks for a path on the server, and nothing else.
 */
import * as React from 'react';

import { Button } from './basics';
import type { IconName } from './Icon';
import { LtrField } from './LtrField';

/** See the module's comment. */
export function PathForm(props: {
  label: string;
  help: string;
  /** The words on the button. */
  action: string;
  icon?: IconName;
  kind?: 'plain' | 'primary';
  busy?: boolean;
  onPath: (path: string) => void;
}): React.JSX.Element {
  const [path, setPath] = React.useState('');
  const given = path.trim();
  return (
    <form
      className="pai-stack"
      onSubmit={event => {
        event.preventDefault();
        if (given !== '') {
          props.onPath(given);
        }
      }}
    >
      <LtrField label={props.label} value={path} onChange={setPath} help={props.help} />
      <div className="pai-flow">
        <Button
          kind={props.kind ?? 'plain'}
          type="submit"
          {...(props.icon ? { icon: props.icon } : {})}
          busy={props.busy ?? false}
          disabled={given === ''}
        >
          {props.action}
        </Button>
      </div>
    </form>
  );
}
