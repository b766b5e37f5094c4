package io.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.kiln.test.Writers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import org.junit.jupiter.api.Test;

class StandardOutputTest {
    private final StringBuilder err = new StringBuilder();

    private static final class Failing extends OutputStream {
        private final String reason;

        private Failing(String reason) {
            this.reason = reason;
        }

        @Override
        public void write(int b) throws IOException {
            throw new IOException(reason);
        }
    }

    private int run(OutputStream stream, int code) {
        StandardOutput output = new StandardOutput(stream);
        PrintWriter out = output.writer();
        out.print("für 图像");
        out.flush();
        return output.exitCode(code, Writers.to(err));
    }

    @Test
    void whatIsWrittenKeepsTheCodeOfTheVerb() {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        assertThat(run(written, 0)).isZero();
        assertThat(run(written, 2)).isEqualTo(2);
        assertThat(written.toString(Charset.defaultCharset())).startsWith("für");
        assertThat(err).isEmpty();
    }

    @Test
    void aFullDiskIsAFailureThatIsTold() {
        assertThat(run(new Failing("No space left on device"), 0)).isEqualTo(1);
        assertThat(run(new Failing("No space left on device"), 2)).isEqualTo(2);
        assertThat(err.toString().lines())
                .containsOnly(
                        "kiln: standard output could not be written: No space left on device");
    }

    @Test
    void aReaderThatHasClosedThePipeEndsTheVerbAsSigpipeWouldAndNothingIsSaid() {
        assertThat(run(new Failing("Broken pipe"), 0)).isEqualTo(StandardOutput.CLOSED);
        assertThat(err).isEmpty();
    }
}
