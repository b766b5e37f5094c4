package io.kiln.images;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Labelled pictures: a folder with a folder for each class. Folders in these are groups, the same
 * in all classes: of cameras or months, for instance.
 *
 * @param classes names of the classes, in order
 * @param pictures of all classes
 * @param labels index of each picture's class
 * @param groups name of each picture's group; empty if it lies in the class's folder itself
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record ClassFolders(
        List<String> classes, List<Path> pictures, int[] labels, List<String> groups) {
    /**
     * Lists them. Names that begin with a dot are left out.
     *
     * @param atLeast pictures that each class must have
     * @throws PictureException if it is no folder, cannot be read, or has too few classes or
     *     pictures
     */
    public static ClassFolders read(Path folder, int atLeast) {
        if (!Files.isDirectory(folder)) {
            throw new PictureException(
                    folder + " is not a folder; expected one with a folder for each class");
        }
        List<Path> classes = list(folder, Files::isDirectory, 1);
        if (classes.size() < 2) {
            throw new PictureException(
                    folder
                            + " has "
                            + (classes.isEmpty() ? "no folder" : "one folder")
                            + " in it; expected a folder for each class, at least two");
        }
        List<Path> pictures = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        List<String> groups = new ArrayList<>();
        for (int label = 0; label < classes.size(); label++) {
            List<Path> found = list(classes.get(label), Files::isRegularFile, Integer.MAX_VALUE);
            if (found.size() < atLeast) {
                throw new PictureException(
                        classes.get(label)
                                + " has "
                                + found.size()
                                + " pictures; expected at least "
                                + atLeast
                                + ", one for each fold");
            }
            pictures.addAll(found);
            for (Path picture : found) {
                labels.add(label);
                groups.add(group(classes.get(label).relativize(picture)));
            }
        }
        return new ClassFolders(
                classes.stream().map(c -> String.valueOf(c.getFileName())).toList(),
                pictures,
                labels.stream().mapToInt(Integer::intValue).toArray(),
                groups);
    }

    private static String group(Path withinClass) {
        return withinClass.getNameCount() == 1 ? "" : String.valueOf(withinClass.getName(0));
    }

    private static List<Path> list(Path folder, Predicate<Path> kind, int depth) {
        try (Stream<Path> below = Files.walk(folder, depth)) {
            return below.filter(path -> !path.equals(folder))
                    .filter(kind)
                    .filter(path -> !folder.relativize(path).toString().matches("(.*/)?\\..*"))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) { // a walk throws either
            throw new PictureException(folder + " cannot be read (" + e + ")", e);
        }
    }
}
