import type { DriverName, EdgeCondition, Mode } from './dependency.js';
import type { SignalDeclaration } from './events.js';

/** A config key a plugin brings; listed, validated and shown without loading plugin code. */
export interface ConfigKeyDeclaration {
  readonly key: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'enum' | 'path';
  readonly values?: readonly string[];
  readonly default?: string;
  readonly aliases?: readonly string[];
  readonly secret?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly description: string;
}

export interface ResourceDeclaration {
  readonly name: string;
  /** Name of the port in plans and manifests of ports: `db`, `redis`. */
  readonly portKey: string;
  /** Config key of the preferred base port. */
  readonly configKey: string;
  readonly defaultPort: number;
}

export interface DependencyDeclaration {
  readonly id: string;
  readonly displayName: string;
  readonly order: number;
  readonly resources: readonly ResourceDeclaration[];
  /** First explicitly set key wins. */
  readonly enableKeys: Readonly<Record<Mode, readonly string[]>>;
  readonly defaultEnabled: Readonly<Record<Mode, boolean>>;
  readonly requires?: readonly { readonly id: string; readonly condition: EdgeCondition; readonly optional?: boolean }[];
  /** Dependencies that cannot be enabled together with this one. */
  readonly conflicts?: readonly string[];
  /** Programs that must be on PATH when the configuration asks for a driver, by driver: `docker` needs docker. */
  readonly prerequisites?: Readonly<Partial<Record<DriverName, readonly string[]>>>;
  /** Any one of these on PATH is enough for the native driver: a plan that only looks asks no plugin code then. */
  readonly nativePrograms?: readonly string[];
  /** As `nativePrograms`: a package, beside the plugin, that is enough. */
  readonly nativePackage?: NativePackage;
  /** Every variable it may project; each is `ENVCTL_SOURCE_<name>` in the launch env sections of `.envctl`. */
  readonly variables?: readonly VariableDeclaration[];
}

export interface NativePackage {
  /** `{platform}` and `{arch}` in it stand for Node's words for this machine. */
  readonly name: string;
  /** Config keys that decide in its place: where one of them is set, the plugin is asked. */
  readonly unless?: readonly string[];
}

export interface VariableDeclaration {
  readonly name: string;
  /** True when the value can carry a credential: no frontend ever gets it, and no section for a frontend may name it. */
  readonly secret?: boolean;
}

/** A group of commands. What a command may ask of the runtime is for the command to say: `CommandContract.statePolicy`. */
export interface FamilyDeclaration {
  readonly id: string;
  readonly title: string;
  readonly dashboardGroup?: string;
}

export interface NamedContribution {
  readonly id: string;
  readonly description?: string;
}

export interface SurfaceDeclaration extends NamedContribution {
  readonly kind: 'terminal' | 'web' | 'agent';
}

/** `package.json#envctl`. Static data only. */
export interface PluginManifest {
  readonly apiVersion: number | { readonly min: number; readonly max: number };
  /** Path inside the package of the module whose default export is `defineExtension({...})`. */
  readonly extension?: string;
  readonly order?: number;
  /** True when the extension registers config refiners: it is then loaded wherever a configuration that uses the plugin is judged. */
  readonly refinesConfig?: boolean;
  readonly contributes: {
    readonly dependencies?: readonly DependencyDeclaration[];
    readonly families?: readonly FamilyDeclaration[];
    readonly config?: readonly ConfigKeyDeclaration[];
    readonly signals?: readonly SignalDeclaration[];
    readonly surfaces?: readonly SurfaceDeclaration[];
    readonly projectProviders?: readonly NamedContribution[];
    readonly collectors?: readonly NamedContribution[];
    readonly checks?: readonly NamedContribution[];
  };
}
