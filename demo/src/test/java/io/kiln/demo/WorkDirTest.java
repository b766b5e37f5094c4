package io.kiln.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kiln.operations.OperationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkDirTest {
    private static final long LITTLE = 1;

    @TempDir private Path folder;

    @Test
    void aFolderWithOtherFilesIsRefusedAndLeftAlone() throws IOException {
        Path thesis = Files.writeString(folder.resolve("thesis.txt"), "years of work");
        assertThatThrownBy(() -> WorkDir.take(folder, LITTLE))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("--work-dir " + folder)
                .hasMessageContaining("not a demo's");
        assertThat(thesis).hasContent("years of work");
    }

    @Test
    void anEarlierDemosResultsAreReplacedAndOtherFilesStay() throws IOException {
        WorkDir.take(folder, LITTLE).close();
        Path old = folder.resolve("artifacts").resolve("demo");
        Files.createDirectories(old);
        Files.writeString(old.resolve("model.safetensors"), "old");
        Files.writeString(folder.resolve("report.html"), "old");
        Path note = Files.writeString(folder.resolve("note.txt"), "mine");
        WorkDir.take(folder, LITTLE).close();
        assertThat(folder.resolve("artifacts")).doesNotExist();
        assertThat(folder.resolve("report.html")).doesNotExist();
        assertThat(note).hasContent("mine");
    }

    @Test
    void aFolderInUseIsRefused() throws IOException {
        WorkDir first = WorkDir.take(folder, LITTLE);
        assertThatThrownBy(() -> WorkDir.take(folder, LITTLE))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("another demo is running there");
        first.close();
        WorkDir.take(folder, LITTLE).close();
    }

    @Test
    void aFullDiskIsToldWithWhatIsNeeded() {
        assertThatThrownBy(() -> WorkDir.take(folder, Long.MAX_VALUE))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("MiB are free")
                .hasMessageContaining("may need " + (Long.MAX_VALUE >> 20) + " MiB");
    }

    @Test
    void afterARefusalTheFolderIsFreeAgain() throws IOException {
        assertThatThrownBy(() -> WorkDir.take(folder, Long.MAX_VALUE))
                .isInstanceOf(OperationException.class);
        WorkDir.take(folder, LITTLE).close();
    }

    @Test
    void aFileIsNoFolder() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> WorkDir.take(file, LITTLE))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("is a file");
    }

    @Test
    void anInterruptedDemoIsResumedAndNotReplaced() throws IOException {
        WorkDir interrupted = WorkDir.take(folder, LITTLE);
        Files.createDirectories(interrupted.kafka());
        DemoOptions options =
                new DemoOptions(
                        Optional.of(folder),
                        7,
                        96,
                        folder,
                        Optional.empty(),
                        false,
                        List.of("masking.views=2"),
                        false);
        Resumable.of(options).write(interrupted.resumable());
        interrupted.finished();
        interrupted.close();
        assertThat(interrupted.kafka()).exists();
        assertThatThrownBy(() -> WorkDir.take(folder, LITTLE))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("--work-dir " + folder)
                .hasMessageContaining("continue it with --resume");
        DemoOptions resumed = DemoOptions.resumed(folder, Optional.empty());
        assertThat(resumed).usingRecursiveComparison().ignoringFields("resume").isEqualTo(options);
        assertThat(resumed.resume()).isTrue();
        WorkDir goesOn = WorkDir.resume(folder);
        assertThat(goesOn.kafka()).exists();
        goesOn.notResumable();
        goesOn.finished();
        goesOn.close();
        assertThat(goesOn.kafka()).doesNotExist();
        assertThatThrownBy(() -> DemoOptions.resumed(folder, Optional.empty()))
                .isInstanceOf(OperationException.class)
                .hasMessageContaining("--resume: " + folder + " holds no interrupted demo");
    }

    @Test
    void whatTheServersKeptGoesWithSuccessAndStaysWithFailure() throws IOException {
        WorkDir failed = WorkDir.take(folder, LITTLE);
        Files.createDirectories(failed.kafka());
        failed.close();
        assertThat(failed.kafka()).exists();
        WorkDir succeeded = WorkDir.take(folder, LITTLE);
        Files.createDirectories(succeeded.kafka());
        Files.writeString(succeeded.report(), "new");
        succeeded.finished();
        succeeded.close();
        assertThat(succeeded.kafka()).doesNotExist();
        assertThat(succeeded.report()).hasContent("new");
    }
}
