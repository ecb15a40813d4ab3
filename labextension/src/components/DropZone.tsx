/**
 * A place for files of this computer: dropped on it, or chosen.
 */
import * as React from 'react';

import { Button } from './basics';
import { Icon } from './Icon';

/** See the module's comment. `onFiles` is given at least one, and only one unless `multiple`. */
export function DropZone(props: {
  title: string;
  /** Between the title and the button. */
  or: string;
  choose: string;
  help: string;
  kind?: 'plain' | 'primary';
  multiple?: boolean;
  /** Endings that the browser's own dialog offers. */
  accept?: string;
  onFiles: (files: readonly [File, ...File[]]) => void;
}): React.JSX.Element {
  const { multiple = false } = props;
  const [over, setOver] = React.useState(false);
  const input = React.useRef<HTMLInputElement>(null);
  const take = (list: FileList | null): void => {
    const [first, ...rest] = list ?? [];
    if (first) {
      props.onFiles([first, ...(multiple ? rest : [])]);
    }
  };
  return (
    <div
      className="pai-drop"
      data-over={over || undefined}
      onDragOver={event => {
        if (event.dataTransfer.types.includes('Files')) {
          event.preventDefault();
          event.stopPropagation();
          setOver(true);
        }
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <Icon name="upload" size={28} />
      <strong>{props.title}</strong>
      <span className="pai-quiet">{props.or}</span>
      <Button kind={props.kind ?? 'plain'} onClick={() => input.current?.click()}>
        {props.choose}
      </Button>
      <small className="pai-quiet">{props.help}</small>
      <input
        ref={input}
        type="file"
        multiple={multiple}
        hidden
        accept={props.accept}
        aria-label={props.choose}
        onChange={event => {
          // The list is emptied with the input, so it is read before.
          take(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}
