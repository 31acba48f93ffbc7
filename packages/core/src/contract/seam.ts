/**
 * A place where a crash is survivable. Code that acquires, confirms or gives back a resource calls the
 * seam before the effect, after the effect and after the confirmation; tests stop the process there.
 * In production it does nothing.
 */
export type FaultSeam = (point: string) => void;

export const noSeam: FaultSeam = () => undefined;
