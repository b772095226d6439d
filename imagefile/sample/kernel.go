package sample

import (
	"encoding/binary"
	"fmt"
)

// Offsets in a bzImage, from the Linux boot protocol
// (Documentation/arch/x86/boot.rst), version 2.06.
const (
	sectorSize       = 512
	offSetupSects    = 0x1f1
	offSysSize       = 0x1f4 // of the protected-mode part, in 16-byte units
	offBootFlag      = 0x1fe
	offJump          = 0x200
	offMagic         = 0x202
	offVersion       = 0x206
	offKernelVersion = 0x20e // holds the text's offset less 0x200
	offLoaderFlags   = 0x211
	offCode32Start   = 0x214
	offCmdLineSize   = 0x238
	offCode          = 0x280
	offVersionText   = 0x2c0
	offMessage       = 0x300

	protocolVersion = 0x0206
	loadedHigh      = 0x01
	highAddress     = 0x100000
	cmdLineSize     = 255

	// maxText keeps each text inside its place in the setup sector.
	maxVersion = offMessage - offVersionText - 1
	maxMessage = 2*sectorSize - offMessage - 1
)

// KernelVersion is the version text in the header of [Kernel].
const KernelVersion = "0.1.0-emikit-sample"

// Kernel returns a bzImage that, once booted, writes message and a line end to
// the first serial port and halts. The message is ASCII of at most 250 bytes.
func Kernel(message string) ([]byte, error) {
	message += "\r\n"
	if len(message) > maxMessage {
		return nil, fmt.Errorf("kernel message: %d bytes, at most %d fit", len(message), maxMessage)
	}
	image := make([]byte, 3*sectorSize) // boot sector, setup, protected mode
	le := binary.LittleEndian
	image[offSetupSects] = 1
	le.PutUint32(image[offSysSize:], sectorSize/16)
	le.PutUint16(image[offBootFlag:], 0xaa55)
	copy(image[offJump:], []byte{0xeb, offCode - offJump - 2})
	copy(image[offMagic:], "HdrS")
	le.PutUint16(image[offVersion:], protocolVersion)
	le.PutUint16(image[offKernelVersion:], offVersionText-offJump)
	image[offLoaderFlags] = loadedHigh
	le.PutUint32(image[offCode32Start:], highAddress)
	le.PutUint32(image[offCmdLineSize:], cmdLineSize)
	copy(image[offCode:], serialWriter())
	copy(image[offVersionText:], KernelVersion[:min(len(KernelVersion), maxVersion)])
	copy(image[offMessage:], message)
	return image, nil
}

// serialWriter is 16-bit code that writes the text at offMessage to COM1 and
// halts. A boot loader enters setup code with DS at the image's first byte.
func serialWriter() []byte {
	return []byte{
		0xfc,                                     // cld
		0xbe, offMessage & 0xff, offMessage >> 8, // mov si, message
		0xac,       // next: lodsb
		0x84, 0xc0, // test al, al
		0x74, 0x11, // jz halt
		0x88, 0xc4, // mov ah, al
		0xba, 0xfd, 0x03, // mov dx, COM1 line status
		0xec,       // wait: in al, dx
		0xa8, 0x20, // test al, transmitter empty
		0x74, 0xfb, // jz wait
		0x88, 0xe0, // mov al, ah
		0xb2, 0xf8, // mov dl, COM1 data
		0xee,       // out dx, al
		0xeb, 0xea, // jmp next
		0xfa,       // halt: cli
		0xf4,       // hlt
		0xeb, 0xfd, // jmp halt+1
	}
}
