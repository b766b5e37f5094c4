package io.kiln.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of the documentation, taken apart: fenced code, and the lines outside of it.
 *
 * @param file where it is
 * @param fences in the order of the page
 * @param text lines outside of fences, by number, counted from 1
 */
record MarkdownPage(Path file, List<Fence> fences, Map<Integer, String> text) {
    private static final Pattern FENCE = Pattern.compile("( *)```(.*)");
    private static final Pattern INLINE_CODE = Pattern.compile("`[^`]*`");
    private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("#{1,6} (.+)");
    private static final Pattern LINK_TEXT = Pattern.compile("\\[([^]]*)]\\([^)]*\\)");
    private static final Set<String> NOT_OURS = Set.of("target", ".git", "node_modules");

    /**
     * Fenced code.
     *
     * @param line of its first mark, counted from 1
     * @param info what follows the mark: the language, and words for tests
     * @param code between the marks, without their indentation
     */
    record Fence(int line, String info, String code) {
        String language() {
            return info.split(" ", 2)[0];
        }
    }

    /** All pages of a checkout. */
    static List<MarkdownPage> below(Path root) throws IOException {
        List<MarkdownPage> pages = new ArrayList<>();
        for (Path file : files(root, ".md")) {
            pages.add(read(file));
        }
        return pages;
    }

    /** Files of a checkout whose names end so, without what was built. */
    static List<Path> files(Path root, String... endings) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(
                root,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes a) {
                        return NOT_OURS.contains(folder.getFileName().toString())
                                ? FileVisitResult.SKIP_SUBTREE
                                : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes a) {
                        for (String ending : endings) {
                            if (file.getFileName().toString().endsWith(ending)) {
                                files.add(file);
                                break;
                            }
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        files.sort(null);
        return files;
    }

    /**
     * @throws IllegalStateException if a fence is not closed
     */
    static MarkdownPage read(Path file) {
        List<Fence> fences = new ArrayList<>();
        Map<Integer, String> text = new HashMap<>();
        List<String> lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            Matcher mark = FENCE.matcher(lines.get(i));
            if (!mark.matches()) {
                text.put(i + 1, lines.get(i));
                continue;
            }
            int first = i;
            String close = mark.group(1) + "```";
            StringBuilder code = new StringBuilder();
            for (i++; !lines.get(i).equals(close); i++) {
                if (i == lines.size() - 1) {
                    throw new IllegalStateException(
                            file + ":" + (first + 1) + ": a fence that is not closed");
                }
                String line = lines.get(i);
                code.append(
                                line.startsWith(mark.group(1))
                                        ? line.substring(mark.group(1).length())
                                        : line)
                        .append('\n');
            }
            fences.add(new Fence(first + 1, mark.group(2).strip(), code.toString()));
        }
        return new MarkdownPage(file, List.copyOf(fences), Map.copyOf(text));
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Targets of links and images. */
    List<String> links() {
        List<String> links = new ArrayList<>();
        for (String line : text.values()) {
            Matcher link = LINK.matcher(INLINE_CODE.matcher(line).replaceAll("code"));
            while (link.find()) {
                links.add(link.group(1));
            }
        }
        return links;
    }

    /** Anchors of the headings, as GitHub makes them. */
    Set<String> anchors() {
        Map<String, Integer> seen = new HashMap<>();
        Set<String> anchors = new HashSet<>();
        text.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(line -> HEADING.matcher(line.getValue()))
                .filter(Matcher::matches)
                .map(heading -> anchor(heading.group(1)))
                .forEach(
                        anchor -> {
                            int times = seen.merge(anchor, 1, Integer::sum);
                            anchors.add(times == 1 ? anchor : anchor + "-" + (times - 1));
                        });
        return anchors;
    }

    private static String anchor(String heading) {
        return LINK_TEXT
                .matcher(heading)
                .replaceAll("$1")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-');
    }
}
