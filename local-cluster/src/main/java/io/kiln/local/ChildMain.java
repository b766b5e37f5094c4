package io.kiln.local;

import java.io.IOException;
import java.util.Arrays;

/**
 * Runs another main class and ends with the parent: standard input is a pipe that the parent never
 * writes to and that closes when the parent is gone, however it went.
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
                // The parent sends nothing; only the end of the stream matters.
            }
        } catch (IOException e) {
            // A broken pipe means the same as its end.
        }
        Runtime.getRuntime().halt(0);
    }
}
