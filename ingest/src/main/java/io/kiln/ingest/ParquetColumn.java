package io.kiln.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation.BsonLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;

/**
 * A column of a table that can hold images: bytes, a struct with a field {@code bytes} (Hugging
 * Face's {@code Image} feature), or a list of either.
 *
 * @param type of the column, without the fields that are not needed
 */
record ParquetColumn(Type type) {
    private static final String BYTES = "bytes";
    private static final String PATH = "path";

    /** What the type of a column makes of it. */
    enum Kind {
        STRUCT,
        BYTES,
        LIST,
        OTHER;

        static Kind of(Type type) {
            Kind one = ofOne(type);
            return one == OTHER && isList(type) ? LIST : one;
        }

        private static Kind ofOne(Type type) {
            if (type.isRepetition(Repetition.REPEATED)) {
                return OTHER;
            }
            if (type.isPrimitive()) {
                return isBytes(type) ? Kind.BYTES : OTHER;
            }
            GroupType group = type.asGroupType();
            return group.containsField(ParquetColumn.BYTES)
                            && isBytes(group.getType(ParquetColumn.BYTES))
                    ? STRUCT
                    : OTHER;
        }

        private static boolean isBytes(Type type) {
            return type.isPrimitive()
                    && !type.isRepetition(Repetition.REPEATED)
                    && type.asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY
                    && (type.getLogicalTypeAnnotation() == null
                            || type.getLogicalTypeAnnotation()
                                    instanceof BsonLogicalTypeAnnotation);
        }

        /** Whether it repeats a group of one element, whatever its writer calls them. */
        private static boolean isList(Type type) {
            if (type.isRepetition(Repetition.REPEATED) || !holdsOne(type)) {
                return false;
            }
            Type repeated = type.asGroupType().getType(0);
            return repeated.isRepetition(Repetition.REPEATED)
                    && holdsOne(repeated)
                    && ofOne(repeated.asGroupType().getType(0)) != OTHER;
        }

        private static boolean holdsOne(Type type) {
            return !type.isPrimitive() && type.asGroupType().getFieldCount() == 1;
        }
    }

    /**
     * An image of a row.
     *
     * @param name in its row: its index in a list and its path, as far as there are any
     * @param content encoded, absent where the row has only a path or nothing; not copied yet,
     *     since all elements of a list may be the same value of a dictionary
     */
    record RowImage(String name, Optional<Binary> content) {}

    /** The column without what its images do not need. */
    static ParquetColumn of(Type column) {
        return new ParquetColumn(needed(column));
    }

    private static Type needed(Type type) {
        return switch (Kind.of(type)) {
            case STRUCT -> withoutOthers(type.asGroupType());
            case LIST -> {
                GroupType list = type.asGroupType();
                GroupType repeated = list.getType(0).asGroupType();
                yield list.withNewFields(repeated.withNewFields(needed(repeated.getType(0))));
            }
            default -> type;
        };
    }

    private static Type withoutOthers(GroupType struct) {
        List<Type> fields = new ArrayList<>();
        fields.add(struct.getType(BYTES));
        if (struct.containsField(PATH)
                && struct.getType(PATH).isPrimitive()
                && !struct.getType(PATH).isRepetition(Repetition.REPEATED)
                && struct.getType(PATH).asPrimitiveType().getPrimitiveTypeName()
                        == PrimitiveTypeName.BINARY) {
            fields.add(struct.getType(PATH));
        }
        return struct.withNewFields(fields);
    }

    String name() {
        return type.getName();
    }

    /** The images of a row: one where the column is no list, even if it holds nothing. */
    List<RowImage> images(Group row) {
        if (Kind.of(type) != Kind.LIST) {
            return List.of(image(row, type, ""));
        }
        List<RowImage> images = new ArrayList<>();
        if (row.getFieldRepetitionCount(name()) > 0) {
            Group list = row.getGroup(name(), 0);
            Type element = type.asGroupType().getType(0).asGroupType().getType(0);
            for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
                images.add(image(list.getGroup(0, i), element, Integer.toString(i)));
            }
        }
        return images;
    }

    private static RowImage image(Group holder, Type type, String index) {
        if (holder.getFieldRepetitionCount(type.getName()) == 0) {
            return new RowImage(index, Optional.empty());
        }
        if (type.isPrimitive()) {
            return new RowImage(index, binary(holder, type.getName()));
        }
        Group struct = holder.getGroup(type.getName(), 0);
        String path = struct.getType().containsField(PATH) ? text(struct, PATH) : "";
        String name = index.isEmpty() || path.isBlank() ? index + path : index + "/" + path;
        return new RowImage(name, binary(struct, BYTES));
    }

    private static Optional<Binary> binary(Group holder, String field) {
        return holder.getFieldRepetitionCount(field) == 0
                ? Optional.empty()
                : Optional.of(holder.getBinary(field, 0));
    }

    private static String text(Group holder, String field) {
        return holder.getFieldRepetitionCount(field) == 0 ? "" : holder.getString(field, 0);
    }
}
