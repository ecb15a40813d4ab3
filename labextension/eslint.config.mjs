/*
 * Strict TypeScript rules, React's rules of hooks, JupyterLab's own rules.
 */
import jupyter from '@jupyter/eslint-plugin';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['lib/**', 'node_modules/**', 'style/**', 'src/protocol.ts'] },
  ...tseslint.configs.recommended,
  {
    plugins: { '@jupyter': jupyter, 'react-hooks': hooks },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-namespace': 'off', // JupyterLab's own convention for command ids
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports' }
      ],
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      '@jupyter/plugin-activation-args': 'error',
      '@jupyter/token-format': 'error',
      '@jupyter/plugin-description': 'error',
      '@jupyter/plugin-id-convention': 'error',
      '@jupyter/command-id-convention': 'error',
      '@jupyter/require-disposable-ownership': 'error',
      '@jupyter/no-pageconfig-base-url': 'error',
      'no-console': 'error',
      eqeqeq: 'error',
      curly: 'error',
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'Text reaches the page as text nodes.' },
        { property: 'outerHTML', message: 'Text reaches the page as text nodes.' }
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]',
          message: 'Text reaches the page as text nodes.'
        }
      ]
    }
  },
  { files: ['scripts/**'], rules: { 'no-console': 'off' } }, // programs speak to the terminal
  {
    // Pages show state; only the core and its stores speak to the wire.
    files: ['src/panel/**', 'src/components/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['**/stream'], message: 'Use useLive or core.stream.' },
            { group: ['@jupyterlab/*'], message: 'Pages are drawn in notebooks too.' }
          ]
        }
      ]
    }
  }
);
