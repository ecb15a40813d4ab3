/**
 * Where a token is typed or pasted. It is in this field and nowhere else of the page, and leaves
 * the field when it is sent, whatever comes of it.
 */
import * as React from 'react';

import { Button } from '../../components/basics';
import { CheckField } from '../../components/CheckField';
import { Field } from '../../components/Field';
import { Failure } from '../../components/states';
import { useAction, useApp } from '../../hooks';
import type { HubToken } from '../../protocol';

const SHORTEST = 8;

/** See the module's comment. */
export function TokenForm({
  onSet,
  onCancel
}: {
  onSet: (token: HubToken) => void;
  onCancel?: (() => void) | undefined;
}): React.JSX.Element {
  const { core, t } = useApp();
  const [text, setText] = React.useState('');
  const [shown, setShown] = React.useState(false);
  const [tried, setTried] = React.useState(false);
  const short = text.trim().length < SHORTEST;
  const send = useAction(async (token: string) =>
    onSet(await core.api.hub.setToken(token))
  );
  return (
    <form
      className="pai-stack"
      autoComplete="off"
      noValidate
      onSubmit={event => {
        event.preventDefault();
        setTried(true);
        if (!short) {
          setText('');
          setTried(false);
          void send.run(text.trim());
        }
      }}
    >
      <Field
        label={t('hub.token_new')}
        help={t('hub.token_format', { prefix: 'hf_' })}
        error={tried && short ? t('hub.token_short') : undefined}
      >
        {ids => (
          <input
            {...ids}
            className="pai-input pai-ltr"
            dir="ltr"
            type={shown ? 'text' : 'password'}
            // A password manager would keep it, and fill in another.
            autoComplete="new-password"
            spellCheck={false}
            autoCapitalize="off"
            value={text}
            onChange={event => setText(event.currentTarget.value)}
          />
        )}
      </Field>
      <div className="pai-flow">
        <CheckField label={t('hub.token_show')} checked={shown} onChange={setShown} />
        <div className="pai-acts">
          {onCancel ? <Button onClick={onCancel}>{t('panel.cancel')}</Button> : null}
          <Button kind="primary" type="submit" busy={send.busy}>
            {t('hub.token_set')}
          </Button>
        </div>
      </div>
      {send.error ? <Failure error={send.error} onClose={send.clear} /> : null}
    </form>
  );
}
