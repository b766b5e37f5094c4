package io.kiln.local;

import java.io.IOException;
import java.util.Arrays;

/**
 * Runs another main class and ends with the parent. Standard input is a pipe that the parent never
 * writes to, and that closes when the parent ends, however it ends.
 */
final class ChildMain {
    private ChildMain() {}

    /**
     * @param args the main class to run, then its arguments
     */
    public static void main(String[] args) throws ReflectiveOperationException {
        Thread watch = new Thread(ChildMain::endWithParent, "end-with-parent");
        watch.setDaemon(true);
        watch.start();
        String[] rest = Arrays.copyOfRange(args, 1, args.length);
        Class.forName(args[0]).getMethod("main", String[].class).invoke(null, (Object) rest);
    }

    private static void endWithParent() {
        try {
            while (System.in.read() >= 0) {
                // The parent sends nothing: only the end of the stream counts.
            }
        } catch (IOException e) {
            // A broken pipe means the same as its end.
        }
        Runtime.getRuntime().halt(0);
    }
}
