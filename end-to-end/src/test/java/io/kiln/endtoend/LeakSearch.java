package io.kiln.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Looks for the texts of secrets wherever a run leaves traces. */
final class LeakSearch {
    private final List<String> secrets;
    private final List<String> found = new ArrayList<>();
    private int files;
    private int answers;
    private int processes;

    LeakSearch(List<String> secrets) {
        this.secrets = secrets;
    }

    /** Looks in the files below a folder, of which some may be deleted meanwhile. */
    void files(Path folder, Predicate<Path> searched) throws IOException {
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        if (attributes.isRegularFile() && searched.test(file)) {
                            file(file);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException reason) {
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path folder, @Nullable IOException reason) {
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    private void file(Path file) throws IOException {
        try {
            look(file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
            files++;
        } catch (NoSuchFileException e) {
            // It was deleted since the folder was listed.
        }
    }

    /** Looks in what Flink tells of itself and of its jobs. */
    void flink(FlinkJobs flink) {
        answer(flink, "/jobmanager/config");
        answer(flink, "/jobmanager/environment");
        for (JsonNode manager : flink.get("/taskmanagers").path("taskmanagers")) {
            answer(flink, "/taskmanagers/" + manager.path("id").asText());
        }
        for (JsonNode job : flink.get("/jobs").path("jobs")) {
            String path = "/jobs/" + job.path("id").asText();
            for (String part :
                    List.of("", "/config", "/plan", "/exceptions", "/jobmanager/config")) {
                answer(flink, path + part);
            }
        }
        assertThat(flink.get("/jars").path("files")).as("uploaded jars").isEmpty();
    }

    private void answer(FlinkJobs flink, String path) {
        look(path, flink.get(path).toString());
        answers++;
    }

    /** Looks in the command lines of all processes of the machine. */
    void processes() {
        ProcessHandle.allProcesses()
                .forEach(
                        process -> {
                            look("process " + process.pid(), commandLine(process));
                            processes++;
                        });
    }

    /** As the system has it: {@link ProcessHandle.Info} cuts off what is longer than a page. */
    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(
                    Path.of("/proc/" + process.pid() + "/cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // it has ended
        }
    }

    /** Looks in a text. */
    void look(String where, String text) {
        if (secrets.stream().anyMatch(text::contains)) {
            found.add(where);
        }
    }

    /** Requires that the search was wide, and found nothing. */
    void requireNothing() {
        assertThat(files).as("files").isGreaterThan(50);
        assertThat(answers).as("answers of Flink").isGreaterThan(10);
        assertThat(processes).as("processes").isGreaterThan(5);
        assertThat(found).isEmpty();
    }
}
