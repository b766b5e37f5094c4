package io.kiln.test;

import java.io.PrintWriter;
import java.io.Writer;

/** Writers that tests can look into. */
public final class Writers {
    private Writers() {}

    public static PrintWriter to(StringBuilder text) {
        return new PrintWriter(
                new Writer() {
                    @Override
                    public void write(char[] chars, int from, int count) {
                        text.append(chars, from, count);
                    }

                    @Override
                    public void flush() {}

                    @Override
                    public void close() {}
                },
                true);
    }
}
